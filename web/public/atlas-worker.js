/*
 * Lets the atlas be read when the server is not there. It answers for addresses below /atlas alone: the page itself and its
 * files. The articles are kept by the page. A new build has another digest: its files are fetched, the old ones thrown away.
 */
const prefix = "thecal-page-";

self.addEventListener("install", (event) => event.waitUntil(refresh().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => { if (event.data === "refresh") event.waitUntil(refresh().catch(() => undefined)); });

async function refresh() {
  const answer = await fetch("/api/atlas/offline", { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`the answer ${answer.status}`);
  const { digest, files } = await answer.json();
  const name = prefix + digest;
  if (!(await caches.has(name))) {
    const box = await caches.open(name);
    try {
      await Promise.all(files.map(async (file) => {
        const got = await fetch(file, { cache: "no-cache" });
        if (!got.ok) throw new Error(file);
        await box.put(file, got);
      }));
    } catch (error) {
      await caches.delete(name);
      throw error;
    }
  }
  for (const other of await caches.keys()) if (other.startsWith(prefix) && other !== name) await caches.delete(other);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin || address.pathname.startsWith("/api/")) return;
  event.respondWith(request.mode === "navigate" ? page(request) : file(request));
});

async function page(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await keptFile("/");
    if (!kept) throw error;
    return kept;
  }
}

async function file(request) {
  const kept = await keptFile(new URL(request.url).pathname);
  return kept ?? fetch(request);
}

async function keptFile(path) {
  for (const name of await caches.keys()) {
    if (!name.startsWith(prefix)) continue;
    const found = await (await caches.open(name)).match(path);
    if (found) return found;
  }
  return undefined;
}
