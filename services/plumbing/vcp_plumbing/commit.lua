-- The one commit of a partition by its owner: all of it, or nothing. Opaque about what the commands mean.
-- KEYS  1 meta   2 the stream that is read   3 done   4 done_at
-- ARGV  1 owner   2 expected number   3 new position ('' = unchanged)   4 oldest id to keep ('' = trim nothing)
--       5 lease ms   6 a result's age ms   7 results kept   8 how many results, then each: command id, result
--       then each command: how many words, words
-- Returns {1, new number, server ms}, or {0, owner, number} of whoever fenced us, with nothing touched.
local held = redis.call('HMGET', KEYS[1], 'owner', 'number')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then
  return {0, held[1] or '', held[2] or ''}
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Free first: a script that has written is no longer stopped by maxmemory, so it never ends half-way.
if ARGV[4] ~= '' then
  redis.call('XTRIM', KEYS[2], 'MINID', ARGV[4])
end

local results = tonumber(ARGV[8])
local at = 9
if results > 0 then
  local old = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now - ARGV[6], 'LIMIT', 0, 1000)
  if #old > 0 then
    redis.call('ZREM', KEYS[4], unpack(old))
    redis.call('HDEL', KEYS[3], unpack(old))
  end
  for _ = 1, results do
    redis.call('HSET', KEYS[3], ARGV[at], ARGV[at + 1])
    redis.call('ZADD', KEYS[4], now, ARGV[at])
    at = at + 2
  end
  local excess = redis.call('ZCARD', KEYS[4]) - ARGV[7]
  if excess > 0 then
    local first = redis.call('ZRANGE', KEYS[4], 0, math.min(excess, 1000) - 1)
    redis.call('ZREM', KEYS[4], unpack(first))
    redis.call('HDEL', KEYS[3], unpack(first))
  end
end

local last = #ARGV
while at <= last do
  local words = tonumber(ARGV[at])
  redis.call(unpack(ARGV, at + 1, at + words))
  at = at + words + 1
end

local number = ARGV[2] + 1
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[1], 'number', number, 'until', now + ARGV[5], 'position', ARGV[3], 'takeovers', 0)
else
  redis.call('HSET', KEYS[1], 'number', number, 'until', now + ARGV[5])
end
return {1, number, now}
