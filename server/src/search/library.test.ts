import { testDatabase } from "../../test/support/database.ts";
import { openCatalog } from "../postgres/catalog.ts";
import { openDatabase } from "../postgres/database.ts";
import { insertImages, insertUser } from "../postgres/testing/sample-images.ts";
import { describeLibrary } from "./testing/library-contract.ts";
import { MemoryLibrary } from "./testing/memory-library.ts";

describeLibrary("a library in memory", async () => new MemoryLibrary());

describeLibrary("a library in PostgreSQL", async (t) => {
  const { url } = await testDatabase(t);
  const [catalog, database] = [await openCatalog({ url }), openDatabase({ url, connectionsMax: 2 })];
  t.after(() => Promise.all([catalog.close(), database.close()]));
  const owner = await insertUser(database);
  return {
    images: catalog.images,
    changes: catalog.changes,
    keep: async () => (await insertImages(database, owner, 1))[0] ?? "",
    forget: async (imageId) => void (await database.query("delete from images where id = $1", [imageId])),
  };
});
