/** Files taken out of one drop, folders included; what is beyond stays out. */
const filesMax = 10_000;

/** The files of a drop, those inside dropped folders too, without the hidden ones. */
export async function droppedFiles(transfer: DataTransfer): Promise<readonly File[]> {
  // The list of entries is emptied as soon as the event is over: it is read before the first wait.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return [...transfer.files];
  const files: File[] = [];
  while (entries.length > 0 && files.length < filesMax) {
    const entry = entries.shift();
    if (entry === undefined || entry.name.startsWith(".")) continue;
    if (isDirectory(entry)) entries.push(...(await readDirectory(entry)));
    else if (isFile(entry)) files.push(await readFile(entry));
  }
  return files;
}

async function readDirectory(directory: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  while (all.length < filesMax) {
    // A reader gives at most 100 entries at a time, and none once it is through.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    all.push(...some);
  }
  return all;
}

function readFile(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}
