import type { Database } from "../database.ts";

/** A database that notes the plan by which each statement about bands of a transaction is answered, before it answers it. */
export function explaining(database: Database, plans: string[], how: "analyze" | "verbose" = "analyze"): Database {
  return {
    ...database,
    transaction: (work) =>
      database.transaction((connection) =>
        work({
          query: async (text, values) => {
            if (text.includes("code_bands")) {
              const rows = await connection.query<{ "QUERY PLAN": string }>(`explain (${how}) ${text}`, values);
              plans.push(rows.map((row) => row["QUERY PLAN"]).join("\n"));
            }
            return connection.query(text, values);
          },
        }),
      ),
  };
}
