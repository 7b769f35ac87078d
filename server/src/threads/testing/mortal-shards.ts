/** The program of shards that end when they are told to remove {@link lethal}, which is in the first of them. */
export const mortalShard = new URL("mortal-shard-thread.ts", import.meta.url);

export const lethal = "00000000-0000-0000-0000-000000000000";
