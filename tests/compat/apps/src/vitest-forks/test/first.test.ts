import { describe, expect, it, vi } from 'vitest';
import { rate, total } from '../rate.ts';

describe('a module', () => {
  it('is compiled from TypeScript', async () => {
    const again = await import('../rate.ts');
    expect([again.rate, again.rate(), total(2)]).toEqual([rate, 7, 14]);
  });
  it('waits', async () => {
    const value: number = await vi.waitFor(() => total(1));
    expect(value).toBeLessThan(8);
  });
});
