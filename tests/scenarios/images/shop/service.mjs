/** Counts visits in Redis and keeps them in MariaDB, both found by name; tells who came, as the proxy before it says. */
import { createServer } from 'node:http';
import Redis from 'ioredis';
import mysql from 'mysql2/promise';

const redis = new Redis({ host: 'cache', lazyConnect: false, maxRetriesPerRequest: null });
redis.on('error', () => {});
const db = mysql.createPool({ host: 'db', user: 'shop', password: 'secret', database: 'shop' });

createServer(async (request, response) => {
  try {
    const visits = await redis.incr('visits');
    await db.execute('CREATE TABLE IF NOT EXISTS visits (id INT PRIMARY KEY, who VARCHAR(64))');
    await db.execute('INSERT INTO visits VALUES (?, ?)', [visits, request.headers['x-real-ip'] ?? '']);
    const [rows] = await db.execute('SELECT who FROM visits WHERE id = ?', [visits]);
    response.end(JSON.stringify({ visits, who: rows[0].who }));
  } catch (error) {
    response.writeHead(503).end(String(error));
  }
}).listen(3000);
