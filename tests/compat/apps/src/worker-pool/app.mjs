// Work for the processor, spread over threads.
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

const primes = (from, to) => {
  let n = 0;
  for (let i = Math.max(2, from); i < to; i++) {
    let prime = true;
    for (let k = 2; k * k <= i; k++) if (i % k === 0) { prime = false; break; }
    if (prime) n++;
  }
  return n;
};
if (isMainThread) {
  const shared = new SharedArrayBuffer(4);
  const parts = [0, 1, 2].map((i) => new Promise((done, fail) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { from: i * 10000, to: (i + 1) * 10000, shared } });
    worker.once('message', done).once('error', fail);
  }));
  const answers = await Promise.all(parts);
  console.log(answers, Atomics.load(new Int32Array(shared), 0));
} else {
  const { from, to, shared } = workerData;
  const n = primes(from, to);
  Atomics.add(new Int32Array(shared), 0, n);
  parentPort.postMessage({ n, digest: createHash('sha256').update(`${n}`).digest('hex').slice(0, 8) });
}
