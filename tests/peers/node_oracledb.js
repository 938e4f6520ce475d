// What node-oracledb in thin mode finds at the sandbox's SQL*Net. Called by node_oracledb.sh with the sandbox's sandbox.json.
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const oracledb = require('oracledb');

const description = JSON.parse(fs.readFileSync(process.argv[2]));
const facts = description.databases.dev;
const { BIND_OUT, BIND_INOUT, STRING, NUMBER, CLOB, BUFFER, CURSOR } = oracledb;
let failures = 0;

function same(title, wanted, found) {
  const good = JSON.stringify(wanted) === JSON.stringify(found);
  if (!good) failures += 1;
  console.log(good ? `ok    ${title}` : `FAIL  ${title}: expected <${JSON.stringify(wanted)}>, found <${JSON.stringify(found)}>`);
}

async function refused(title, code, act) {
  let found = 'no error';
  try { await act(); } catch (error) { found = error.message.includes(code) ? code : error.message; }
  same(title, code, found);
}

async function checks(options) {
  const connection = await oracledb.getConnection({ user: 'admin', password: facts.admin_password, ...options });
  const ask = async (text, ...more) => (await connection.execute(text, ...more)).rows;
  same('a query', [['ADMIN', 1.5, 'ä€😀', null]], await ask("select user, 1.5, 'ä€😀', null from dual"));
  for (const word of ['ä', 'b']) {
    const binds = { o: { dir: BIND_OUT, type: STRING }, i: word, n: { dir: BIND_INOUT, val: 5, type: NUMBER } };
    const done = await connection.execute("begin :o := 'x' || :i; :n := :n + 1; end;", binds);
    same(`binds of a block, ${word}`, { o: `x${word}`, n: 6 }, done.outBinds);
  }
  await connection.execute('create table peer (id number primary key, c clob, b blob)');
  const text = 'Zeile äöü € 😀 0123456789\n'.repeat(40000);
  const lob = await connection.createLob(CLOB);
  await new Promise((done, failed) => { lob.on('finish', done); lob.on('error', failed); lob.end(text); });
  await connection.execute('insert into peer values (1, :c, :b)', { c: lob, b: Buffer.alloc(100000, 7) });
  const [[whole, bytes]] = await ask('select c, b from peer', [], { fetchInfo: { C: { type: STRING }, B: { type: BUFFER } } });
  same('large objects as values', [true, 100000], [whole === text, bytes.length]);
  const [[locator]] = await ask('select c from peer');
  same('a large object by its locator', true, await locator.getData() === text);
  const returned = await connection.execute('insert into peer (id) values (2) returning id into :o', { o: { dir: BIND_OUT, type: NUMBER } });
  same('returning', { o: [2] }, returned.outBinds);
  const batch = await connection.executeMany('insert into peer (id) values (:1)', [[3], [1], [4]], { batchErrors: true });
  same('a batch with an error in one row', [['ORA-00001', 1]], batch.batchErrors.map((error) => [error.message.slice(0, 9), error.offset]));
  await connection.commit();
  const opened = await connection.execute('begin open :r for select level from dual connect by level < 5; end;', { r: { dir: BIND_OUT, type: CURSOR } });
  same('a cursor that comes out', [[1], [2], [3], [4]], await opened.outBinds.r.getRows());
  const { resultSet } = await connection.execute('select level from dual connect by level < 1000', [], { resultSet: true, fetchArraySize: 50 });
  let rows = 0;
  while (await resultSet.getRow()) rows += 1;
  await resultSet.close();
  same('rows in portions', 999, rows);
  await refused('a missing table', 'ORA-00942', () => ask('select * from nosuch'));
  connection.module = 'peer'; connection.action = 'checks'; connection.clientId = 'somebody';
  same('what the client says of itself', [['peer', 'checks', 'somebody']],
    await ask("select module, action, client_identifier from v$session where sid = sys_context('userenv', 'sid')"));
  setTimeout(() => connection.break(), 200);
  await refused('a call is cancelled', 'ORA-01013', () => ask('begin loop null; end loop; end;'));
  connection.callTimeout = 300;
  await refused('a call takes too long', 'NJS-123', () => ask('begin loop null; end loop; end;'));
  connection.callTimeout = 0;
  same('the session goes on', [[1]], await ask('select 1 from dual'));
  await connection.ping();
  await connection.execute('drop table peer purge');
  await connection.close();
}

// A signed request of the cloud's API about the database.
async function cloud(method, body) {
  const [, own] = fs.readFileSync(description.oci_config, 'utf8').split(/^\[.*\]$/m);
  const profile = Object.fromEntries(own.split('\n').map((line) => line.split('=', 2)));
  const url = new URL(`/20160918/autonomousDatabases/${facts.ocid}`, description.oci_endpoint);
  const headers = { date: new Date().toUTCString(), host: url.host };
  if (body) {
    headers['content-length'] = String(Buffer.byteLength(body));
    headers['content-type'] = 'application/json';
    headers['x-content-sha256'] = crypto.createHash('sha256').update(body).digest('base64');
  }
  const lines = [['(request-target)', `${method.toLowerCase()} ${url.pathname}`], ...Object.entries(headers)];
  const signature = crypto.sign('sha256', Buffer.from(lines.map((line) => line.join(': ')).join('\n')), fs.readFileSync(profile.key_file)).toString('base64');
  headers.authorization = `Signature version="1",keyId="${profile.tenancy}/${profile.user}/${profile.fingerprint}",algorithm="rsa-sha256",`
    + `headers="${lines.map(([name]) => name).join(' ')}",signature="${signature}"`;
  return new Promise((done, failed) => {
    const request = http.request(url, { method, headers }, (answer) => {
      let text = '';
      answer.on('data', (part) => { text += part; });
      answer.on('end', () => (answer.statusCode < 300 ? done(JSON.parse(text)) : failed(new Error(`${method}: ${answer.statusCode} ${text}`))));
    });
    request.on('error', failed);
    request.end(body);
  });
}

// TLS without a client's certificate, at a port of its own, once the database allows it. The authority is trusted by NODE_EXTRA_CA_CERTS.
async function oneWay() {
  const connect = () => oracledb.getConnection({
    user: 'admin', password: facts.admin_password, connectString: `tcps://localhost:${facts.one_way_port}/${facts.tns.split('/')[1]}`,
  });
  await refused('one-way TLS where the database demands a wallet', 'ORA-12506', connect);
  await cloud('PUT', '{"isMtlsConnectionRequired": false}');
  while ((await cloud('GET')).lifecycleState !== 'AVAILABLE') await new Promise((done) => { setTimeout(done, 50); });
  const connection = await connect();
  same('one-way TLS', [['ADMIN']], (await connection.execute('select user from dual')).rows);
  await connection.close();
}

async function main() {
  await checks({ connectString: facts.tns });
  await checks({ connectString: 'dev_tp', configDir: facts.wallet_dir, walletLocation: facts.wallet_dir, walletPassword: facts.wallet_password });
  await refused('a wrong password', 'ORA-01017', () => oracledb.getConnection({ user: 'admin', password: 'x', connectString: facts.tns }));
  await refused('an unknown service', 'NJS-518', () => oracledb.getConnection({ user: 'admin', password: 'x', connectString: facts.tns.split('/')[0] + '/nobody' }));
  await oneWay();
  process.exit(failures ? 1 : 0);
}

main().catch((error) => { console.log(error); process.exit(1); });
