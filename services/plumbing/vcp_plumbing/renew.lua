#!lua flags=allow-oom
-- Prolong a lease that saw no commit lately. KEYS 1 meta. ARGV 1 owner, 2 number, 3 lease ms. Returns 1, or 0 when fenced.
local held = redis.call('HMGET', KEYS[1], 'owner', 'number')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then
  return 0
end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'until', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3])
return 1
