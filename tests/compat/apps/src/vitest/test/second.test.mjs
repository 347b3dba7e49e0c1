import { expect, test, vi } from 'vitest';

test('a spy', () => {
  const f = vi.fn((x) => x + 1);
  expect(f(1)).toBe(2);
  expect(f).toHaveBeenCalledWith(1);
});
test('fails', () => { expect({ a: 1 }).toEqual({ a: 2 }); });
