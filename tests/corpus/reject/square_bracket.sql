-- expect: ORA-00911 2:25
select * from t where a [1]
