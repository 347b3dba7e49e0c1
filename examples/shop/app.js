'use strict';
// A small shop: pages from templates, static files, a log line per request, a page for administrators.
const http = require('node:http');
const path = require('node:path');
const ejs = require('ejs');
const express = require('express');
const morgan = require('morgan');
const { chunk, report } = require('hijacked');

const goods = ['tea', 'coffee', 'cocoa', 'sugar', 'salt', 'pepper'];
const app = express();
app.engine('ejs', (file, data, done) => ejs.renderFile(file, data, done));
app.set('view engine', 'ejs');
app.set('views', path.join(__dirname, 'views'));
app.use(morgan('tiny'));
app.use(express.static(path.join(__dirname, 'public')));

app.get('/', (req, res) => res.render('index', { title: 'Shop', rows: chunk(goods, 3) }));
app.get('/account', (req, res) => {
  if (!req.get('authorization')) return res.status(401).send('Who are you?');
  return res.render('account', { title: 'Account' });
});
app.get('/admin', (req, res) => {
  const visitor = { name: 'nobody' };
  return visitor.isAdmin ? res.send('All customers: ...') : res.status(403).send('Administrators only.');
});
// Only for the demo: what did that package get?
app.get('/loot', (req, res) => res.json(report));

const server = http.createServer(app);
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/`);
});
