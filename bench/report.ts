/**
 * What a section of the bench is, and how results become Markdown.
 *
 * A section is a file that exports `run: Run`, listed in run.ts under its name. It gets a {@link Room}, says how it goes
 * along the way, and returns tables, or why this machine cannot run it.
 */

/** Rows of text or numbers under a title; `notes` say how it was measured, what it should reach, and what was missed. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly notes?: readonly string[];
}

/** What came of a section. */
export type Outcome =
  | { readonly kind: "measured"; readonly tables: readonly Table[] }
  | { readonly kind: "skipped"; readonly why: string };

/** What a section is lent. */
export interface Room {
  /** Tells whoever waits how far the section is; never part of the results. */
  say(line: string): void;
  /** Makes something that several sections of one run share; the same `make` gives the same thing, closed when all sections are over. */
  share<T>(make: (room: Room) => Promise<Shared<T>>): Promise<T>;
}

/** A thing and how to be rid of it. */
export interface Shared<T> {
  readonly value: T;
  close(): Promise<void>;
}

/** Measures. Throws when it could not, which leaves the older results of the section standing. */
export type Run = (room: Room) => Promise<Outcome>;

/** A table as Markdown, numbers aligned to the right. */
export function renderTable({ title, columns, rows, notes = [] }: Table): string {
  const rule = columns.map((_, column) => (rows.some((row) => typeof row[column] === "number") ? "---:" : "---"));
  const lines = [columns, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return [`### ${title}`, "", ...lines, ...notes.flatMap((note) => ["", note])].join("\n");
}

/** The results file with the given sections renewed or added and every other one as it stood. */
export function mergeResults(
  before: string,
  renewed: ReadonlyMap<string, string>,
  { head, order }: { readonly head: string; readonly order: readonly string[] },
): string {
  const sections = new Map([...readSections(before), ...renewed]);
  const known = [...new Set([...order, ...sections.keys()])].filter((name) => sections.has(name));
  const parts = known.map((name) => `${opening(name)}\n${sections.get(name)}\n${closing}`);
  return `${[head, ...parts].join("\n\n")}\n`;
}

const closing = "<!-- end of section -->";

function opening(name: string): string {
  return `<!-- section: ${name} -->`;
}

function readSections(text: string): Map<string, string> {
  const found = text.matchAll(/<!-- section: (\S+) -->\n([\s\S]*?)\n<!-- end of section -->/g);
  return new Map([...found].map(([, name = "", body = ""]) => [name, body]));
}
