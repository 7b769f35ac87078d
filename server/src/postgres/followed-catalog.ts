// What threads follow of the catalogue, without what the whole of it needs: a thread of its own loads every module anew.
import type { FeatureCatalog, IndexCatalog } from "../ports.ts";
import { changeFeedIn } from "./change-feed.ts";
import { openDatabase } from "./database.ts";
import { entriesIn, entriesOf } from "./entries.ts";
import { featureEntriesIn, featureEntriesOf } from "./features.ts";
import { listenForChanges } from "./wake-ups.ts";

/** Opens what an index follows, in a database that has the newest schema. */
export function openIndexCatalog({ url }: { readonly url: string }): IndexCatalog {
  const database = openDatabase({ url, connectionsMax: 2 });
  const wakeUps = listenForChanges(url);
  return {
    images: { entries: () => entriesIn(database) },
    changes: changeFeedIn({ database, wakeUps, entriesOf }),
    close: async () => {
      await Promise.all([wakeUps.close(), database.close()]);
    },
  };
}

/** Changes come with their features, 8 kB each: so many are looked up at once. */
const featurePageSize = 500;

/** Opens what the index of parts follows, in a database that has the newest schema. */
export function openFeatureCatalog({ url }: { readonly url: string }): FeatureCatalog {
  const database = openDatabase({ url, connectionsMax: 2 });
  const wakeUps = listenForChanges(url);
  return {
    images: { entries: () => featureEntriesIn(database) },
    changes: changeFeedIn({ database, wakeUps, entriesOf: featureEntriesOf }, { pageSize: featurePageSize }),
    close: async () => {
      await Promise.all([wakeUps.close(), database.close()]);
    },
  };
}
