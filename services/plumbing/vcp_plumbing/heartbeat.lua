#!lua flags=allow-oom
-- A sign of life. KEYS 1 members. ARGV 1 name, 2 ms after which a silent member is dropped. Returns {server ms, all names}.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%.0f', now - ARGV[2]))
return {now, redis.call('ZRANGE', KEYS[1], 0, -1)}
