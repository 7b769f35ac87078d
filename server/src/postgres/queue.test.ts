import { serverDatabases, testDatabase } from "../../test/support/database.ts";
import { openCatalog } from "./catalog.ts";
import { describeQueue, type OpenOn } from "./testing/queue-contract.ts";

function queueOn(database: typeof testDatabase): OpenOn {
  return async (t, options = {}) => {
    const { url } = await database(t);
    return async () => {
      const catalog = await openCatalog({ url, ...options });
      t.after(() => catalog.close());
      return catalog;
    };
  };
}

describeQueue("the queue in the embedded PostgreSQL", queueOn(testDatabase));
describeQueue(`the queue in ${serverDatabases.name}`, queueOn(serverDatabases.testDatabase), {
  skip: serverDatabases.skip,
});
