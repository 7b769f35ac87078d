import { serverDatabases, testDatabase } from "../../test/support/database.ts";
import { openCatalog } from "./catalog.ts";
import { describeCatalog, type Open } from "./testing/catalog-contract.ts";

function catalogOn(database: typeof testDatabase): Open {
  return async (t, terms = {}) => {
    const catalog = await openCatalog({ ...(await database(t)), ...terms });
    t.after(() => catalog.close());
    return catalog;
  };
}

describeCatalog("the catalogue in the embedded PostgreSQL", catalogOn(testDatabase));
describeCatalog(`the catalogue in ${serverDatabases.name}`, catalogOn(serverDatabases.testDatabase), {
  skip: serverDatabases.skip,
});
