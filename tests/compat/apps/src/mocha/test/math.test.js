const assert = require('node:assert');

describe('arithmetic', () => {
  before(() => console.log('before'));
  it('adds', () => assert.strictEqual(1 + 1, 2));
  it('waits', (done) => setTimeout(done, 5));
  it('awaits', async () => { await null; });
  it('fails', () => assert.deepStrictEqual({ a: 1 }, { a: 2 }));
  it.skip('is skipped', () => {});
});
