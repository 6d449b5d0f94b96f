import assert from 'node:assert/strict'
import { glob, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { BuildEvent } from '../agent/build-event.ts'
import { EvaluateEvent, SecretRef } from '../agent/evaluate-event.ts'
import { LogEntry, LogPayload } from '../agent/log.ts'
import { AgentFrame, AgentPayload, ServerFrame, ServerPayload } from '../agent/socket.ts'
import { ImmutableInput, Selector, TaskStatus } from '../agent/task.ts'
import type { Json } from '../testing/places.ts'

const files = await Array.fromAsync(glob('*.json', { cwd: import.meta.dirname }))
const texts = await Promise.all(files.map((file) => readFile(new URL(file, import.meta.url), 'utf8')))

function tagsIn(value: Json): string[] {
  if (value === null || typeof value !== 'object') return []
  const own = !Array.isArray(value) && typeof value.tag === 'string' ? [value.tag] : []
  return [...own, ...Object.values(value).flatMap(tagsIn)]
}

const shown = new Set(texts.flatMap((text) => tagsIn(JSON.parse(text))))

const unions = {
  AgentFrame,
  ServerFrame,
  AgentPayload,
  ServerPayload,
  EvaluateEvent,
  BuildEvent,
  TaskStatus,
  Selector,
  ImmutableInput,
  SecretRef,
  LogEntry,
  LogPayload,
}

for (const [name, union] of Object.entries(unions))
  test(`every variant of ${name} has a golden`, () => {
    const tags = union.options.map((option) => option.shape.tag.value)
    assert.deepEqual(
      tags.filter((tag) => !shown.has(tag)),
      [],
    )
  })
