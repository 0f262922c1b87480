/**
 * The browser's own stores: what must outlive a reload. Where the browser has none, the page works without them.
 *
 * `keep`, `recall`, `forget` take anything of any size (IndexedDB) and end some time later; the same with `Now` take little
 * (localStorage) and have ended when they return.
 */

const base = "thecal";
const shelf = "kept";
let opened: Promise<IDBDatabase | null> | null = null;

function open(): Promise<IDBDatabase | null> {
  opened ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open(base, 1);
      request.onupgradeneeded = () => void request.result.createObjectStore(shelf);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  return opened;
}

async function ask<T>(mode: IDBTransactionMode, act: (shelf: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
  const store = await open();
  if (!store) return undefined;
  return new Promise((resolve) => {
    const work = store.transaction(shelf, mode);
    const request = act(work.objectStore(shelf));
    work.oncomplete = () => resolve(request.result);
    work.onerror = work.onabort = () => resolve(undefined);
  });
}

export const keep = async <T>(key: string, value: T): Promise<void> => void (await ask("readwrite", (one) => one.put(value, key)));
export const forget = async (key: string): Promise<void> => void (await ask("readwrite", (one) => one.delete(key)));
export const recall = async <T>(key: string): Promise<T | undefined> => (await ask("readonly", (one) => one.get(key))) as T | undefined;
export const keptKeys = async (): Promise<string[]> => ((await ask("readonly", (one) => one.getAllKeys())) ?? []).map(String);

export function keepNow<T>(key: string, value: T): void {
  try {
    localStorage.setItem(`${base}/${key}`, JSON.stringify(value));
  } catch {
    // Full or forbidden: what is typed stays in the page.
  }
}

export function recallNow<T>(key: string): T | undefined {
  try {
    const text = localStorage.getItem(`${base}/${key}`);
    return text === null ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

export function forgetNow(key: string): void {
  try {
    localStorage.removeItem(`${base}/${key}`);
  } catch {
    // Nothing was kept.
  }
}
