jest.mock('../settings.js', () => ({ rate: jest.fn(() => 3) }));
const { rate } = require('../settings.js');

test('a module is replaced', () => {
  expect(rate()).toBe(3);
  expect(rate).toHaveBeenCalledTimes(1);
  expect(jest.requireActual('../settings.js').rate()).toBe(7);
});
test('time stands still', () => {
  jest.useFakeTimers({ now: 0 });
  const seen = [];
  setTimeout(() => seen.push(Date.now()), 1000);
  jest.advanceTimersByTime(1000);
  expect(seen).toEqual([1000]);
  jest.useRealTimers();
});
test('is shown', () => { expect({ a: [1, new Map([['b', 2]])] }).toMatchInlineSnapshot(`
{
  "a": [
    1,
    Map {
      "b" => 2,
    },
  ],
}
`); });
