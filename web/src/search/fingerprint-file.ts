/** A fingerprint as it is sent: 64 hexadecimal digits, 0–100, and the digits of every orientation. */
export interface SentFingerprint {
  readonly hex: string;
  readonly quality: number;
  readonly orientations: Readonly<Record<string, string>>;
}

/** What the worker says of a picture. */
export type FingerprintAnswer =
  | { readonly kind: "read"; readonly fingerprint: SentFingerprint }
  | { readonly kind: "unreadable" };

/** Computes the fingerprint of a picture in this browser; nothing of it is sent. Rejects when aborted. */
export function fingerprintFile(file: File, signal: AbortSignal): Promise<FingerprintAnswer> {
  signal.throwIfAborted();
  const worker = new Worker(new URL("./fingerprint-worker.ts", import.meta.url), { type: "module" });
  const answer = new Promise<FingerprintAnswer>((resolve, reject) => {
    worker.addEventListener("message", ({ data }: MessageEvent<FingerprintAnswer>) => resolve(data));
    worker.addEventListener("error", () => resolve({ kind: "unreadable" }));
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  worker.postMessage(file);
  return answer.finally(() => worker.terminate());
}
