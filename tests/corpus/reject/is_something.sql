-- expect: ORA-00908 2:28
select a from t where a is 1
