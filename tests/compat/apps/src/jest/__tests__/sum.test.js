const { sum, later } = require('../sum.js');

describe('sum', () => {
  beforeEach(() => { expect.hasAssertions(); });
  test.each([[1, 2, 3], [0.5, 0.5, 1]])('%d and %d', (a, b, c) => { expect(sum(a, b)).toBe(c); });
  test('waits', async () => { await expect(later('x')).resolves.toBe('x'); });
  test('throws', () => { expect(() => null.x).toThrow(TypeError); });
});
