import { describe, expect, test } from 'vitest'
import { invalid, Problem, problemDetails, problemTypes } from '../../functions/model/problems.ts'

describe('problems', () => {
  test('have the members of RFC 9457, and the faults where there are some', () => {
    const fault = { pointer: '/a', detail: 'is required' }
    expect(problemDetails(invalid(fault), 'r')).toEqual({
      type: 'urn:portcullis:problem:validation_failed',
      title: 'The request is not valid',
      status: 422,
      detail: 'The request is not valid.',
      code: 'validation_failed',
      requestId: 'r',
      errors: [fault],
    })
    expect(problemDetails(new Problem('not_found', 'No.'), 'r')).not.toHaveProperty('errors')
  })

  test('tell nothing of their cause', () => {
    const problem = new Problem('unavailable', undefined, { cause: new Error('TableName secret') })
    expect(JSON.stringify(problemDetails(problem, 'r'))).not.toContain('secret')
  })

  test('of a taken value are named after the field', () => {
    const problem = new Problem('email_taken')
    expect([problem.status, problem.message]).toEqual([409, 'This email is already taken.'])
  })

  test('have codes in snake case and statuses that are errors', () => {
    for (const [code, [status, title]] of Object.entries(problemTypes)) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(title).toMatch(/^[A-Z].*[^.]$/)
    }
  })
})
