import { used } from './lib.js';
import settings from './settings.json';

const unusedHere = 'nobody reads this';
export const run = async () => {
  const { later } = await import('./later.js');
  return [used(settings.n), later(settings.name)].join(' ');
};
