// A CommonJS program with one dependency.
const ms = require('ms');

if (ms('2 days') !== 172800000) throw new Error('ms');
