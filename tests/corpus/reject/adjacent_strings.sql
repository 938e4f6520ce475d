-- expect: ORA-00933 2:31
select a from t where a = 'x' 'y'
