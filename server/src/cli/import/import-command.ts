import { type Command, InvalidArgumentError, Option } from "commander";
import { StartError } from "../../errors.ts";
import { type PartsWhen, partsWhen } from "../../images/upload-image.ts";
import type { Visibility } from "../../ports.ts";
import { importFolder } from "./import-folder.ts";

const standardServer = "http://127.0.0.1:8080";
const standardPatienceMinutes = 10;
const help = `
Files that the account has already (the same bytes) are not sent. The same command, run again, goes on where the last
run ended. Checksums of what was sent are kept in $XDG_STATE_HOME/utsuru/imports (~/.local/state/utsuru/imports), never
in the folder; deleting them costs no more than reading the files once more.

Pictures are found as wholes (resized, recompressed, mirrored, turned …) as soon as they are there. By their parts (crops,
screenshots, collages) they are found when the server has come to them beside its other work, or at once with --parts
now, which takes more than twice as long.

--json prints a line a file, {file, status: "created" | "duplicate" | "present" | "rejected", id?, problem?}, in the order in
which they are done, and {summary} at the end. Files that are no pictures, or that the server rejects, are listed at
the end on standard error, and give exit code 1. Interrupted (Ctrl-C), requests under way are let end.`;

interface Given {
  readonly server?: string;
  readonly token?: string;
  readonly visibility: Visibility;
  readonly parts: PartsWhen;
  readonly json?: boolean;
  readonly journal?: string;
  readonly patience: number;
}

/** What the command takes from outside. */
interface Surroundings {
  environment(): Readonly<Record<string, string | undefined>>;
  isPicture(head: Buffer): boolean;
}

/** Adds `utsuru import`. */
export function addImport(program: Command, { environment, isPicture }: Surroundings): void {
  program
    .command("import")
    .description("upload the pictures of a folder to a server")
    .argument("<folder>", "looked through with the folders in it; links are not followed")
    .addOption(
      new Option("--server <url>", `where the server is; or the setting UTSURU_SERVER; ${standardServer}`).argParser(
        parseServer,
      ),
    )
    .option("--token <token>", "as POST /api/login gives one; better the setting UTSURU_TOKEN, which others cannot see")
    .addOption(
      new Option("--visibility <who>", "who may see the pictures").choices(["public", "private"]).default("public"),
    )
    .addOption(
      new Option("--parts <when>", "when they can be found by their parts").choices(partsWhen).default("later"),
    )
    .option("--json", "print a JSON line a file")
    .option("--journal <file>", "keep the journal there")
    .addOption(
      new Option("--patience <minutes>", "how long to wait for a server that does not answer")
        .default(standardPatienceMinutes)
        .argParser(parseMinutes),
    )
    .addHelpText("after", help)
    .action(async (folder: string, { json = false, journal, patience, visibility, parts, ...given }: Given) => {
      const settings = environment();
      const server = given.server ?? serverOf(settings.UTSURU_SERVER || standardServer);
      if (!server) throw new StartError("UTSURU_SERVER must look like https://pictures.example.org");
      const token = given.token || settings.UTSURU_TOKEN;
      if (!token) throw new StartError("A token is needed: --token or UTSURU_TOKEN; POST /api/login gives one");
      const how = { json, journal, visibility, parts, patienceMs: patience * 60_000, environment: settings, isPicture };
      if (!(await importFolder(folder, { server, token, ...how }))) process.exitCode = 1;
    });
}

function parseServer(text: string): string {
  const url = serverOf(text);
  if (url !== undefined) return url;
  throw new InvalidArgumentError("It must look like https://pictures.example.org.");
}

/** The address that the API's paths are added to. */
function serverOf(text: string): string | undefined {
  const url = URL.parse(text);
  return url?.protocol === "http:" || url?.protocol === "https:" ? url.href.replace(/\/+$/, "") : undefined;
}

function parseMinutes(text: string): number {
  const minutes = Number(text);
  if (minutes >= 0 && minutes <= 60 * 24 * 7) return minutes;
  throw new InvalidArgumentError("It must be a number of minutes.");
}
