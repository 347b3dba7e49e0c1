// Packages behind links load although nobody may read a file: psx.node finds real paths without readlink.
import assert from 'node:assert';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { place } from '../place.mjs';

const X = 'node_modules/.store/x@1.0.0/node_modules/x';
const files = {
  [`${X}/package.json`]: { name: 'x', version: '1.0.0', main: './lib/i.js', dependencies: { y: '2' } },
  [`${X}/lib/i.js`]: 'module.exports = __filename + " " + require("y")',
  'node_modules/.store/y@2.0.0/node_modules/y/package.json': { name: 'y', version: '2.0.0' },
  'node_modules/.store/y@2.0.0/node_modules/y/index.js': 'module.exports = __dirname',
  'cjs.js': 'console.log(require("x"))',
  'esm.mjs': 'import x from "x"; console.log(x)',
  'chain.js': 'console.log(require("c"))',
};
const policy = { app: { stdio: ['stdout'] } };

function laid(label) {
  const p = place(label, { files, policy });
  symlinkSync('.store/x@1.0.0/node_modules/x', p.at('node_modules/x'));
  symlinkSync('../../y@2.0.0/node_modules/y', p.at('node_modules/.store/x@1.0.0/node_modules/y'));
  symlinkSync('x', p.at('node_modules/c')); // a link to a link
  return p;
}

for (const [script, how] of [['cjs.js', 'require'], ['esm.mjs', 'import'], ['chain.js', 'a link to a link']]) {
  test(`packages behind links of directories: ${how}`, async () => {
    const p = laid('links');
    try {
      const { status, stdout, stderr } = await p.npsx([script]);
      assert.equal(stderr, '');
      assert.equal(stdout, `${p.at(X)}/lib/i.js ${p.at('node_modules/.store/y@2.0.0/node_modules/y')}\n`);
      assert.equal(status, 0);
    } finally {
      p.remove();
    }
  });
}

test('a package outside of the project that node_modules links to', async () => {
  const p = laid('links'), other = place('outside', { files: { 'index.js': 'module.exports = __filename' } });
  try {
    symlinkSync(other.dir, p.at('node_modules/o'));
    mkdirSync(p.at('node_modules/@s'));
    symlinkSync(other.dir, p.at('node_modules/@s/o'));
    writeFileSync(p.at('o.js'), 'console.log(require("o") === require("@s/o"), require("o"))');
    const { stdout, stderr } = await p.npsx(['o.js']);
    assert.equal(stderr, '');
    assert.equal(stdout, `true ${other.at('index.js')}\n`);
  } finally {
    p.remove();
    other.remove();
  }
});
