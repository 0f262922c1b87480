/** What was dropped or chosen becomes studies: each zip and each folder is one, loose files together are one. */

export interface Found {
  /** With the folders it stood in: "study/T2/0001.dcm". */
  path: string;
  file: File;
}

export interface Plan {
  title: string;
  files: Found[];
}

const aside = /^(\.|__MACOSX|Thumbs\.db$|desktop\.ini$)/i;

export function plan(found: Found[]): Plan[] {
  const groups = new Map<string, Found[]>();
  for (const one of found) {
    if (one.path.split("/").some((part) => aside.test(part)) || one.file.size === 0) continue;
    const [first = "", ...rest] = one.path.split("/");
    const key = rest.length ? `folder ${first}` : /\.zip$/i.test(first) ? `zip ${first}` : "loose";
    (groups.get(key) ?? groups.set(key, []).get(key)!).push(one);
  }
  return [...groups].map(([key, files]) => ({ title: titled(key, files), files }));
}

function titled(key: string, files: Found[]): string {
  if (key !== "loose") return key.slice(key.indexOf(" ") + 1).replace(/\.zip$/i, "");
  const name = files[0]!.path.replace(/(\.nii)?\.\w+$/i, "");
  return files.length === 1 ? name : `${name} and ${files.length - 1} more`;
}

export function fromList(files: Iterable<File>): Found[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** Entries must be asked for before the first wait: afterwards the browser has emptied the drop. */
export async function fromDrop(transfer: DataTransfer): Promise<Found[]> {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry());
  if (entries.every((entry) => entry === null)) return fromList(transfer.files);
  const found: Found[] = [];
  for (const entry of entries) if (entry) await walk(entry, found);
  return found;
}

async function walk(entry: FileSystemEntry, found: Found[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ path: entry.fullPath.replace(/^\//, ""), file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A reader gives a hundred at a time, and none when all were given.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const one of some) await walk(one, found);
  }
}
