import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, makeJob, makeProject, noBuilds } from '../../fake/make.ts'
import { groupByCommit, headline, spokesman, stripBars, usualMs, worstState } from './jobs.ts'
import { jobState } from './state.ts'

const project = makeProject('p')
const job = (index: number, part: object = {}) => makeJob(project, { index, ...part })

test('a job that is not done never reads as finished', () => {
  assert.equal(jobState(job(1, { jobPhase: 'Building', jobStatus: 'Failure' })), 'failing')
  assert.equal(jobState(job(1, { jobPhase: 'Done', jobStatus: 'Failure' })), 'failed')
  assert.equal(jobState(job(1, { jobPhase: 'Queued', jobStatus: 'Pending' })), 'waiting')
  assert.equal(jobState(job(1, { jobPhase: 'Evaluating', jobStatus: 'Pending' })), 'running')
  assert.equal(jobState(job(1, { isCancelled: true, jobStatus: 'Failure' })), 'cancelled')
})

test('a job whose builds all wait reads as waiting', () => {
  const waiting = { jobPhase: 'Building', jobStatus: 'Pending', counts: { ...noBuilds, waiting: 3, buildSuccess: 1 } }
  assert.equal(jobState(job(1, waiting)), 'waiting')
})

test('jobs of one commit stand together; the same commit on another ref is another group', () => {
  const groups = groupByCommit([job(4, { rev: 'a' }), job(3, { rev: 'a' }), job(2, { rev: 'a', ref: 'refs/heads/x' })])
  assert.deepEqual(
    groups.map((it) => it.jobs.map((at) => at.index)),
    [[4, 3], [2]],
  )
})

test('the default branch speaks for the project', () => {
  const jobs = [job(9, { ref: 'refs/heads/feature', jobStatus: 'Failure' }), job(8)]
  assert.equal(headline(project, jobs)?.source.ref, 'refs/heads/main')
  assert.equal(headline({ defaultBranch: null }, jobs)?.jobs[0]?.index, 9)
})

test('the worst job speaks for a commit, and not the configuration beside it', () => {
  const config = job(1, { jobType: 'Config' })
  const red = job(2, { jobStatus: 'Failure' })
  assert.equal(spokesman([job(3), config, red]), red)
  assert.equal(spokesman([config]), config)
  assert.equal(worstState([job(3), red]), 'failed')
})

test('what is usual is the median of three or more that succeeded', () => {
  const took = (index: number, seconds: number) => job(index, { startTime: ago(1000), endTime: ago(1000 - seconds) })
  const others = [took(1, 10), took(2, 20), took(3, 90)]
  assert.ok(Math.abs((usualMs(took(4, 5), others) ?? 0) - 20_000) < 100)
  assert.equal(usualMs(took(4, 5), others.slice(1)), undefined)
})

test('the strip is oldest first and never lower than can be seen', () => {
  const bars = stripBars([
    job(2, { startTime: ago(100), endTime: ago(0) }),
    job(1, { startTime: ago(300), endTime: ago(299.9) }),
  ])
  assert.deepEqual(
    bars.map((bar) => bar.job.index),
    [1, 2],
  )
  assert.equal(bars[1]?.height, 1)
  assert.ok((bars[0]?.height ?? 0) >= 0.18)
})
