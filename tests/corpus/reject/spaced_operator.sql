-- expect: ORA-00936 2:28
select a from t where a <> = 1
