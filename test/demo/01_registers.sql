\echo
\echo '1. The registers: who takes part, and what can be bought'
\echo '--------------------------------------------------------'
\echo
:show
CREATE EXTENSION sp71_steering;
:hide
\echo
\echo 'Participants form a tree: here four municipalities under their region.'
\echo
:show
INSERT INTO steering.participant (code, parent, name, inhabitants) VALUES
  ('sp71',   NULL,   'Leidse regio', NULL),
  ('GM0546', 'sp71', 'Leiden',       127089),
  ('GM0547', 'sp71', 'Leiderdorp',    27657),
  ('GM0579', 'sp71', 'Oegstgeest',    25746),
  ('GM0638', 'sp71', 'Zoeterwoude',    9443);
:hide
\echo
\echo 'The catalogue of support services is a tree as well, here of two levels.'
\echo
:show
INSERT INTO steering.service (code, parent, name, kind, unit) VALUES
  ('ict',                   NULL,          'ICT',                     'standard',    NULL),
  ('ict.workplace',         'ict',         'Workplace',               'standard',    'workplace month'),
  ('ict.application',       'ict',         'Application management',  'standard',    'application month'),
  ('ict.telephony',         'ict',         'Telephony',               'standard',    'connection month'),
  ('hr',                    NULL,          'Human resources',         'standard',    NULL),
  ('hr.payroll',            'hr',          'Payroll',                 'standard',    'payslip'),
  ('hr.recruitment',        'hr',          'Recruitment',             'standard',    'vacancy'),
  ('hr.advice',             'hr',          'HR advice',               'standard',    'hour'),
  ('finance',               NULL,          'Finance',                 'standard',    NULL),
  ('finance.invoice',       'finance',     'Invoice handling',        'standard',    'invoice'),
  ('finance.accounting',    'finance',     'Accounting',              'standard',    'hour'),
  ('procurement',           NULL,          'Procurement',             'standard',    NULL),
  ('procurement.tender',    'procurement', 'Tenders',                 'standard',    'tender'),
  ('procurement.contract',  'procurement', 'Contract management',     'standard',    'contract'),
  ('legal',                 NULL,          'Legal',                   'standard',    'hour'),
  ('legal.advice',          'legal',       'Legal advice',            'standard',    'hour'),
  ('legal.objection',       'legal',       'Objections and appeals',  'standard',    'hour'),
  ('facility',              NULL,          'Facilities',              'standard',    NULL),
  ('facility.cleaning',     'facility',    'Cleaning',                'standard',    'hour'),
  ('facility.building',     'facility',    'Buildings',               'standard',    'square metre month'),
  ('facility.reception',    'facility',    'Reception',               'standard',    'hour'),
  ('management',            NULL,          'Management',              'standard',    NULL),
  ('management.control',    'management',  'Planning and control',    'standard',    'hour'),
  ('management.project',    'management',  'Project management',      'development', 'hour');
:hide
