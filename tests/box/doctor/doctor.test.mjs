// npsx doctor where everything is there, and what it says agrees with what a run does.
import assert from 'node:assert';
import { test } from 'node:test';
import { place } from '../place.mjs';

const doctor = async (p, ...options) => {
  const { status, stdout } = await p.npsx(['doctor', '--json', ...options]);
  const { ok, checks } = JSON.parse(stdout);
  return { status, ok, state: (what) => checks.find(({ check }) => check === what), missing: checks.filter(({ state }) => state === 'missing').map(({ check }) => check) };
};

test('nothing is missing here, and a box was made and tried', async () => {
  const p = place('doctor', { files: { 'a.js': '1' } });
  try {
    const d = await doctor(p);
    assert.deepEqual(d.missing, []);
    assert.deepEqual([d.status, d.ok], [0, true]);
    assert.match(d.state('a box').text, /tried: refused was a file, a socket, a signal and a program/);
    assert.match(d.state('a supervised box').text, /tried: refused was a connection/);
    assert.equal(d.state('box of this project').state, 'ok');
  } finally {
    p.remove();
  }
});

for (const [pretend, policy] of [['landlock=0', {}], ['landlock=off', {}], ['landlock=2', {}], ['filter=no', {}], ['notify=no', { app: { 'net.connect': ['a.example:443'] } }], ['memory=no', { app: { 'net.listen': ['127.0.0.1'] } }]]) {
  test(`without ${pretend}: what the doctor calls missing is what keeps the run from starting`, async () => {
    const p = place('doctor', { files: { 'a.js': 'console.log("ran")' }, policy });
    try {
      const d = await doctor(p, `--box-pretend=${pretend}`);
      assert.deepEqual([d.status, d.ok], [1, false]);
      assert.equal(d.state('box of this project').state, 'missing');
      const run = await p.npsx([`--box-pretend=${pretend}`, 'a.js']);
      assert.equal(run.stdout, '');
      const said = d.state('box of this project').text;
      assert.ok(run.stderr.includes(said), `${run.stderr} lacks ${said}`);
    } finally {
      p.remove();
    }
  });
}
