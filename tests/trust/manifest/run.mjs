// Runs one program under a manifest; used by the tests here.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const root = new URL('../../..', import.meta.url).pathname.replace(/\/$/, '');
export const npsx = process.env.NPSX ?? `${root}/build/npsx`;

export function run(program, { manifest, files = {}, args = ['app.js'], input, env = {}, option = '--experimental-policy' }) {
  const dir = mkdtempSync(join(tmpdir(), 'packsec-manifest-'));
  try {
    for (const [name, content] of Object.entries({ ...files, 'policy.json': typeof manifest === 'string' ? manifest : JSON.stringify(manifest) })) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      if (typeof content === 'string') writeFileSync(join(dir, name), content);
      else symlinkSync(content.link, join(dir, name));
    }
    const r = spawnSync(program, [option, './policy.json', ...args], { cwd: dir, input, encoding: 'utf8', timeout: 30_000,
      env: { ...process.env, NODE_NO_WARNINGS: '1', ADDON: `${root}/node_modules/tree-sitter-javascript/prebuilds/linux-x64/tree-sitter-javascript.node`, ...env } });
    return { status: r.status, out: r.stdout.replaceAll(dir, 'DIR'), err: r.stderr.replaceAll(dir, 'DIR') };
  } finally { rmSync(dir, { recursive: true, force: true }); }
}
