#!lua flags=allow-oom
-- Take one partition that nobody holds. Allowed when memory is full: only an owner can free any.
-- KEYS  1 meta   2 the stream that is read
-- ARGV  1 who takes   2 lease ms   then each announcement's command: how many words, words
--       in which ${number}, ${position} and ${time} (server ms) are filled in
-- Returns {number, position, last id of the stream, take-overs at this position, server ms}, or {} when held.
local held = redis.call('HMGET', KEYS[1], 'owner', 'until', 'position', 'takeovers')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if held[1] and held[1] ~= '' and held[1] ~= ARGV[1] and tonumber(held[2] or '0') > now then
  return {}
end

local position = held[3] or '0-0'
local last = '0-0'
local takeovers = 0
if redis.call('EXISTS', KEYS[2]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[2])
  for at = 1, #info, 2 do
    if info[at] == 'last-generated-id' then last = info[at + 1] end
  end
  -- Changing hands says something about the head of the stream only if there is one.
  if #redis.call('XRANGE', KEYS[2], '(' .. position, '+', 'COUNT', 1) > 0 then
    takeovers = tonumber(held[4] or '0') + 1
  end
end

-- The number moves, so that whatever an earlier owner still has under way is fenced.
local number = redis.call('HINCRBY', KEYS[1], 'number', 1)
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'until', now + ARGV[2], 'position', position, 'takeovers', takeovers)

local known = {number = tostring(number), position = position, time = string.format('%.0f', now)}
local at = 3
while at <= #ARGV do
  local words = tonumber(ARGV[at])
  local command = {}
  for word = 1, words do
    command[word] = string.gsub(ARGV[at + word], '%${(%a+)}', known)
  end
  redis.call(unpack(command))
  at = at + words + 1
end
return {number, position, last, takeovers, now}
