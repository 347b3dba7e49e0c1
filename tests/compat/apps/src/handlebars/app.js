const Handlebars = require('handlebars');

Handlebars.registerHelper('loud', (text) => String(text).toUpperCase());
Handlebars.registerPartial('row', '<td>{{name}}</td>');
const template = Handlebars.compile('{{#each rows}}<tr>{{> row}}{{#if last}}!{{else}}{{loud name}}{{/if}}</tr>{{/each}}{{{raw}}}{{raw}}');
console.log(template({ rows: [{ name: 'a' }, { name: '<b>', last: true }], raw: '<i>' }));
console.log(Handlebars.precompile('{{x}}').length > 100);
