// Compiled code of earlier runs lies in the user's cache. Whoever can write there puts the code of another program in the place of the pinned
// one's: it runs where nobody vouches for more than the sources (the control), and not where the policy is signed.
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { npsx, run } from '../../lib.mjs';
import { Place as Signers } from '../commands/place.mjs';
import { pin, place } from './place.mjs';

// As a user who is not root: root could change npsx as well, and keeps its cache.
const NOBODY = 65534;
const AS = process.getuid() === 0 ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : [];

// The one payload of compiled code in a pack: where its row is, and its bytes (docs/format/pack.md)
function codeOf(pack) {
  for (let i = 0; i < pack.readUInt32LE(16); i++) {
    const row = 64 + 64 * i;
    if (pack[row + 52] === 2) return { row, at: Number(pack.readBigUInt64LE(row + 32)), n: pack.readUInt32LE(row + 48) };
  }
  throw new Error('no code in the pack');
}
// `into` with the code of `from` in place of its own
function transplant(into, from) {
  const [own, other] = [codeOf(into), codeOf(from)];
  const payload = from.subarray(other.at, other.at + other.n);
  const at = (into.length + 15) & ~15;
  const out = Buffer.concat([into, Buffer.alloc(at - into.length), payload]);
  out.writeBigUInt64LE(BigInt(out.length), 8);
  out.writeBigUInt64LE(BigInt(at), own.row + 32);
  from.copy(out, own.row + 40, other.row + 40, other.row + 52);    // sum and length
  return out;
}

async function poisoned(p, args) {
  const cache = p.at('cache');
  const env = { PATH: process.env.PATH, HOME: p.dir, XDG_CACHE_HOME: cache };
  const go = () => run([...AS, npsx, ...args, 'app.js'], { cwd: p.dir, env });
  const file = () => `${cache}/packsec/${readdirSync(`${cache}/packsec`).find((name) => name.endsWith('.pack'))}`;
  const evil = p.at('evil.pack');
  // the code of a program of the same length at the same place
  p.flip('app.js');
  const policy = p.read('packsec.policy.json');
  p.put('packsec.policy.json', '{"version":1,"app":{"ambient":true}}');
  const made = await run([...AS, npsx, 'app.js'], { cwd: p.dir, env });
  cpSync(file(), evil);
  rmSync(file());
  p.flip('app.js', 'EVIL', 'GOOD');
  await run([...AS, npsx, 'app.js'], { cwd: p.dir, env });
  const mixed = transplant(readFileSync(file()), readFileSync(evil));
  writeFileSync(file(), mixed);
  p.put('packsec.policy.json', policy);
  return { made, ran: await go() };
}
const prepare = async () => {
  const p = place();
  mkdirSync(p.at('cache/packsec'), { recursive: true });
  await pin(p);
  chmodSync(p.dir, 0o777);
  if (AS.length) execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, p.at('cache')]);
  chmodSync(p.at('cache/packsec'), 0o700);
  return p;
};

// The digest of the policy is told where the program is started, and not by whoever may write the file. binds(p): what else is in the policy
const sri = (bytes, algorithm = 'sha256') => `${algorithm}-${createHash(algorithm).update(bytes).digest('base64')}`;
const told = (binds) => async () => {
  const p = await prepare();
  try {
    binds?.(p);
    const { made, ran } = await poisoned(p, ['--policy=packsec.policy.json', `--policy-integrity=${sri(p.read('packsec.policy.json'))}`]);
    if (made.stdout !== 'EVIL\n') return `the other program does not run: ${JSON.stringify(made)}`;
    return ran.stdout === 'GOOD\n' ? undefined : `another program ran: ${JSON.stringify(ran)}`;
  } finally { rmSync(p.dir, { recursive: true }); }
};
export const pinned = told();
export const listed = told((p) => {
  p.put('packsec.policy.json', JSON.stringify({ resources: { './app.js': { integrity: sri(p.read('app.js'), 'sha384') }, './package.json': { integrity: true } } }));
});

export const unsigned = async () => {
  const p = await prepare();
  try {
    const { made, ran } = await poisoned(p, []);
    if (made.stdout !== 'EVIL\n') return `the other program does not run: ${JSON.stringify(made)}`;
    return ran.stdout === 'EVIL\n' ? undefined : `the control does not fire: ${JSON.stringify(ran)}`;
  } finally { rmSync(p.dir, { recursive: true }); }
};
export const signed = async () => {
  const p = await prepare();
  const s = new Signers();
  try {
    s.root('root');
    s.issue('signer', 'root');
    const done = await run([npsx, 'policy', 'sign', '--key', s.path('signer.key'), '--cert', s.path('signer.pem')], { cwd: p.dir });
    if (done.status !== 0) return `signing failed: ${JSON.stringify(done)}`;
    cpSync(s.path('root.pem'), p.at('root.pem'));
    chmodSync(p.at('root.pem'), 0o644);
    const signature = p.at('policy.p7s');
    cpSync(p.at('packsec.policy.json.p7s'), signature);
    rmSync(p.at('packsec.policy.json.p7s'));
    const { made, ran } = await poisoned(p, [`--trust=${p.at('root.pem')}`, `--policy-signature=${signature}`, '--policy=packsec.policy.json']);
    if (made.stdout !== 'EVIL\n') return `the other program does not run: ${JSON.stringify(made)}`;
    return ran.stdout === 'GOOD\n' ? undefined : `another program ran: ${JSON.stringify(ran)}`;
  } finally { s.end(); rmSync(p.dir, { recursive: true }); }
};
