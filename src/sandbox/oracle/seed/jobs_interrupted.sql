update sys.scheduler$_job set state = decode(enabled, 'TRUE', 'SCHEDULED', 'DISABLED') where state = 'RUNNING'
