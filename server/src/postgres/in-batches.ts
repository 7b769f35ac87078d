/** How rows are read in batches by id. */
interface Batches<Row> {
  readonly size: number;
  /** The `size` rows that follow the id, or the first ones, in the order of their ids. */
  readonly read: (after: string | null) => Promise<Row[]>;
  readonly idOf: (row: Row) => string;
}

/** Every row, in batches none of which is empty. What comes or goes meanwhile may or may not be among them. */
export async function* inBatches<Row>({ size, read, idOf }: Batches<Row>): AsyncGenerator<Row[], void> {
  let after: string | null = null;
  do {
    const rows = await read(after);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    after = last !== undefined && rows.length === size ? idOf(last) : null;
  } while (after !== null);
}
