const path = require('path'), fs = require('fs'), ejs = require('ejs'), nunjucks = require('nunjucks'), pug = require('pug'), mustache = require('mustache'), hb = require('handlebars');
ejs.renderFile(path.join(__dirname, 't/inc.ejs'), { xs: ['a', '<'] }, (e, s) => { console.log(e, s); });
ejs.renderFile(path.join(__dirname, 't/inc.ejs'), { xs: [1] }, { async: true, cache: true }).then(async (s) => console.log(await s)); console.log(ejs.render('<?= a ?>', { a: 1 }, { delimiter: '?' }), ejs.compile('<%= locals.q %>', { client: true }).toString().length > 50);
try { ejs.render('<%= nope.x %>'); } catch (e) { console.log(e.name, e.message.split('\n')[0]); }
const env = nunjucks.configure(path.join(__dirname, 't'), { autoescape: true, noCache: true }); env.addFilter('sh', (s) => s + '!'); console.log(env.render('page.njk', { items: ['a', 'b'] }), nunjucks.renderString('{{ "x" | sh }}', {}));
console.log(pug.renderFile('t/p.pug', { o: { a: 1, b: '<' }, pretty: true }), pug.compileClient('p= x').length > 100, mustache.render('{{#a}}{{.}},{{/a}}{{{h}}}{{> p}}', { a: [1, 2], h: '<' }, { p: 'part' }));
const pre = hb.precompile('{{#if a}}{{b}}{{/if}}'); const spec = new Function('return ' + pre)(); console.log(hb.template(spec)({ a: 1, b: '&' }), hb.compile('{{lookup o "k"}} {{#with o}}{{k}}{{/with}}')({ o: { k: 2 } }));
hb.registerPartial('x', 'P{{y}}'); console.log(hb.compile('{{> x y=1}}')({}));
