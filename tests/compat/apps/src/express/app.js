// Views, static files, a JSON body, a router, an error handler: what a small site uses.
const express = require('express');
const path = require('node:path');

const app = express();
app.set('views', path.join(__dirname, 'views'));
app.set('view engine', 'ejs');
app.set('env', 'production');
app.use(express.static(path.join(__dirname, 'public')));
app.use(express.json());
app.get('/', (req, res) => res.render('index', { title: 'Compat', items: ['a', 'b<c>'] }));
app.post('/echo', (req, res) => res.status(201).json({ got: req.body, type: req.get('content-type') }));
const router = express.Router();
router.get('/:id', (req, res) => res.send(`user ${req.params.id} ${req.query.q ?? ''}`));
app.use('/users', router);
app.get('/boom', () => { throw Object.assign(new Error('boom'), { status: 418 }); });
app.use((error, req, res, next) => res.status(error.status ?? 500).send(error.message));

const server = app.listen(0, '127.0.0.1', async () => {
  const base = `http://127.0.0.1:${server.address().port}`;
  const show = async (url, options) => {
    const res = await fetch(base + url, options);
    console.log(url, res.status, res.headers.get('content-type'), res.headers.get('etag'));
    console.log((await res.text()).trim());
  };
  await show('/');
  await show('/site.css');
  await show('/echo', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":[1,2]}' });
  await show('/users/42?q=x');
  await show('/boom');
  await show('/missing');
  server.closeAllConnections();
  server.close(() => console.log('closed'));
});
