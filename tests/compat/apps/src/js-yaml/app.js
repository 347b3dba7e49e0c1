const yaml = require('js-yaml');
const fs = require('node:fs');

const data = yaml.load(fs.readFileSync(`${__dirname}/data.yaml`, 'utf8'));
console.log(JSON.stringify(data));
console.log(yaml.dump({ b: [1, { c: 'multi\nline' }], a: null, date: new Date(0) }));
try { yaml.load('a: [1'); } catch (error) { console.log(error.name, error.reason); }
