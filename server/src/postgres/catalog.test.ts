import { testDatabase } from "../../test/support/database.ts";
import { openCatalog } from "./catalog.ts";
import { describeCatalog } from "./testing/catalog-contract.ts";

describeCatalog("the catalogue in the embedded PostgreSQL", async (t) => {
  const { url } = await testDatabase(t);
  const catalog = await openCatalog({ url });
  t.after(() => catalog.close());
  return catalog;
});
