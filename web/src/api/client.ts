/** Calls to the server. Each either gives what was asked for or throws an ApiError that says why, in words a reader can use. */
import { signal } from "@preact/signals";
import type { Told } from "./types";

/**
 * lost: no answer came (no network, server stopped); unsigned: the cookie is missing or old; conflict: someone was faster;
 * locked: not now (a blind study, an approved report); refused: the call is wrong; broken: a fault of the server's own.
 */
export type Failure = "lost" | "unsigned" | "conflict" | "locked" | "refused" | "broken";

export class ApiError extends Error {
  constructor(
    readonly failure: Failure,
    readonly told: Told,
    readonly status = 0,
    /** The whole answer: a conflict carries `yours` and `theirs` in it. */
    readonly body: unknown = null,
  ) {
    super(sentence(told));
    this.name = "ApiError";
  }
}

function sentence({ expected, found, remedy }: Told): string {
  const seen = [expected && `expected ${expected}`, found && `found ${found}`].filter(Boolean).join(", ");
  const opening = seen && seen.charAt(0).toUpperCase() + seen.slice(1) + ".";
  return [opening, remedy].filter(Boolean).join(" ");
}

/** Whether the last call reached the server. The bar at the top shows it; savers wait for it. */
export const reachable = signal(true);
export const signedIn = signal(true);

export interface Options {
  signal?: AbortSignal;
  headers?: Record<string, string>;
  /** Milliseconds until an answer is no longer waited for. */
  patience?: number;
}

export const get = <T>(path: string, options?: Options): Promise<T> => call<T>("GET", path, undefined, options);
export const post = <T>(path: string, body?: unknown, options?: Options): Promise<T> => call<T>("POST", path, body ?? {}, options);
export const put = <T>(path: string, body: unknown, options?: Options): Promise<T> => call<T>("PUT", path, body, options);
export const patch = <T>(path: string, body: unknown, options?: Options): Promise<T> => call<T>("PATCH", path, body, options);
export const remove = <T>(path: string, options?: Options): Promise<T> => call<T>("DELETE", path, undefined, options);

async function call<T>(method: string, path: string, body: unknown, options: Options = {}): Promise<T> {
  const answer = await send(method, path, body, options);
  // A server that stops in the middle of an answer has not answered.
  const text = await answer.text().catch((error: unknown) => lost(path, error, options));
  const data = parse(text);
  if (answer.ok) return data as T;
  throw refusal(answer.status, data, path);
}

/** The bare answer, for bytes and streams. Throws only when no answer came. */
export async function send(method: string, path: string, body: unknown, options: Options = {}): Promise<Response> {
  const raw = body instanceof Blob || body instanceof ArrayBuffer || ArrayBuffer.isView(body);
  const headers: Record<string, string> = { Accept: "application/json", ...options.headers };
  if (body !== undefined && !("Content-Type" in headers)) {
    headers["Content-Type"] = raw ? "application/octet-stream" : "application/json";
  }
  const request: RequestInit = { method, headers, credentials: "same-origin" };
  if (body !== undefined) request.body = raw ? (body as BodyInit) : JSON.stringify(body);
  // What is small enough is sent to its end though the page is being left.
  if (typeof request.body === "string" && request.body.length < 15_000) request.keepalive = true;
  const signals = [options.signal, options.patience ? AbortSignal.timeout(options.patience) : undefined].filter((one) => one !== undefined);
  if (signals.length) request.signal = signals.length === 1 ? signals[0]! : AbortSignal.any(signals);
  try {
    const answer = await fetch(path, request);
    reachable.value = true;
    signedIn.value = answer.status !== 401;
    return answer;
  } catch (error) {
    return lost(path, error, options);
  }
}

function lost(path: string, error: unknown, options: Options): never {
  if (options.signal?.aborted) throw error;
  reachable.value = false;
  throw new ApiError("lost", {
    where: path,
    expected: "an answer from the server",
    found: navigator.onLine ? "none" : "no network",
    remedy: navigator.onLine ? "Is thecal still running? It is tried again by itself." : "It is tried again when the network is back.",
  });
}

function parse(text: string): unknown {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const failures: Record<number, Failure> = { 401: "unsigned", 409: "conflict", 423: "locked" };

export function refusal(status: number, data: unknown, path: string): ApiError {
  const failure = failures[status] ?? (status >= 500 ? "broken" : "refused");
  const error = typeof data === "object" && data !== null ? (data as { error?: Partial<Told> }).error : undefined;
  const told: Told = {
    where: error?.where ?? path,
    expected: error?.expected ?? "",
    found: error?.found ?? (error ? "" : `the answer ${status}`),
    remedy: error?.remedy ?? (failure === "broken" ? "The server met a fault of its own; its log says more." : ""),
  };
  return new ApiError(failure, told, status, data);
}
