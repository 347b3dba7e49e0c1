// A pool of threads, and one of processes.
import Tinypool from 'tinypool';

const filename = new URL('./task.mjs', import.meta.url).href;
for (const runtime of ['worker_threads', 'child_process']) {
  const pool = new Tinypool({ filename, runtime, minThreads: 1, maxThreads: 2 });
  const answers = await Promise.all([1, 2, 3, 4].map((n) => pool.run({ n })));
  const wrong = await pool.run({ n: -1 }).catch((error) => `${error.name}: ${error.message}`);
  console.log(runtime, answers, await pool.run({ n: 2 }, { name: 'twice' }), wrong);
  await pool.destroy();
}
