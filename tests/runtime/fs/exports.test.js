'use strict';
// Every export of Node's fs is there, of the same kind, name and length; a new one in a later Node fails here.
const real = require('fs');
const { load, check, done } = require('./harness.js');

const fs = load().fs(0);

// what is deliberately not a function of the facade
const REFUSED = { fs: [], promises: [] };

function compare(mine, model, label, refused) {
  check(JSON.stringify(Object.keys(mine).sort()) === JSON.stringify(Object.keys(model).sort()), `${label}: keys differ: ${Object.keys(model).filter((k) => !(k in mine))} / ${Object.keys(mine).filter((k) => !(k in model))}`);
  for (const key of Object.keys(model)) {
    check(typeof mine[key] === typeof model[key], `${label}.${key}: ${typeof mine[key]}, not ${typeof model[key]}`);
    if (typeof model[key] !== 'function') continue;
    check(mine[key].name === model[key].name, `${label}.${key}: name ${mine[key].name}, not ${model[key].name}`);
    if (!/^[A-Z]/.test(key)) check(mine[key].length === model[key].length, `${label}.${key}: length ${mine[key].length}, not ${model[key].length}`);
    const stubbed = /not supported by npsx yet/.test(Function.prototype.toString.call(mine[key]));
    check(stubbed === refused.includes(key), `${label}.${key} is ${stubbed ? 'not classified' : 'offered, but listed as refused'}`);
    if (!['Dirent', 'Stats'].includes(key)) check(mine[key] !== model[key], `${label}.${key} is the real one`);
  }
}

compare(fs, real, 'fs', REFUSED.fs);
compare(fs.promises, real.promises, 'fs.promises', REFUSED.promises);
check(typeof fs.realpath.native === 'function' && typeof fs.realpathSync.native === 'function', 'realpath.native');
done();
