import { expect, test } from 'vitest';

test('rejects', async () => { await expect(Promise.reject(new TypeError('no'))).rejects.toThrow('no'); });
test('writes', () => { console.log('from a test'); });
