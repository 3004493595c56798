import { describe, expect, test } from 'vitest'
import { useApi } from '../api/harness.ts'
import { mailsTo } from '../api/mails.ts'
import { runScenarios } from '../api/scenarios.ts'

const path = '/api/v1/students'
const student = { name: 'Ada', email: 'Ada@Example.org', rollNo: '1', age: 20 }

describe('students', () => {
  const api = useApi()
  const asMember = { as: 'member' as const }

  runScenarios(api, [
    {
      name: 'are written by every member',
      ...asMember,
      call: `POST ${path}`,
      body: student,
      status: 201,
      holds: student,
      keep: { id: 'id' },
    },
    {
      name: 'have a name, an e-mail address, a roll number and an age, and nothing else',
      ...asMember,
      call: `POST ${path}`,
      body: { name: '', email: 'x', age: 2, bogus: 1 },
      status: 422,
      faults: ['/name', '/email', '/rollNo', '/age', '/bogus'],
    },
    {
      name: 'have an e-mail address of their own',
      ...asMember,
      call: `POST ${path}`,
      body: { ...student, email: 'ADA@example.org' },
      status: 409,
      code: 'email_taken',
    },
    {
      name: 'are found by name and roll number',
      ...asMember,
      call: `GET ${path}?name=Ada&rollNo=1`,
      status: 200,
      holds: { items: [student] },
    },
    {
      name: 'are read by every member',
      ...asMember,
      call: `GET ${path}/{id}`,
      status: 200,
      holds: student,
    },
    { name: 'are not read without a token', call: `GET ${path}/{id}`, status: 401 },
    {
      name: 'graduate, if they are as the caller knows them',
      ...asMember,
      call: `POST ${path}/{id}/graduation`,
      headers: { 'If-Match': '"another"' },
      status: 412,
    },
    {
      name: 'graduate once',
      ...asMember,
      call: `POST ${path}/{id}/graduation`,
      status: 200,
      holds: { ...student, graduatedAt: expect.stringMatching(/^\d{4}-.*Z$/) },
      answerHeaders: { etag: /^"/ },
    },
    {
      name: 'do not graduate again',
      ...asMember,
      call: `POST ${path}/{id}/graduation`,
      status: 409,
      code: 'already_graduated',
    },
    {
      name: 'do not make themselves graduates',
      ...asMember,
      call: `POST ${path}`,
      body: { ...student, email: 'bob@example.org', graduatedAt: '2026-01-31T12:00:00.000Z' },
      status: 422,
      faults: ['/graduatedAt'],
    },
  ])

  test('are congratulated by mail on their graduation, in fixed words', async () => {
    await expect.poll(() => mailsTo(api, student.email)).not.toEqual([])
    const [mail] = mailsTo(api, student.email)
    expect(mail?.subject).toBe('Congratulations on your graduation')
    expect(mail?.text).not.toContain(student.name)
  })
})
