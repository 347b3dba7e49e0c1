// --box-pretend takes parts of the kernel away, and never adds one.
import assert from 'node:assert';
import { test } from 'node:test';
import { place } from '../place.mjs';

test('what it does not know is refused', async () => {
  const p = place('pretend', { files: { 'a.js': 'console.log("ran")' } });
  try {
    for (const word of ['landlock=x', 'landlock=', 'landlock=-1', 'filter=yes', 'notify', 'mind=no']) {
      const { status, stdout, stderr } = await p.npsx([`--box-pretend=${word}`, 'a.js']);
      assert.equal(status, 126, word);
      assert.equal(stdout, '', word);
      assert.match(stderr, /^npsx: --box-pretend=[^\n]*: it is [^\n]*\n$/, word);
    }
  } finally {
    p.remove();
  }
});
